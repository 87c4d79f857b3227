"""Compares what overread decodes with what pydicom decodes: every frame's first and last of every file below a folder.

    cargo bench --bench pictures --no-run      # and note the program that it names
    python3 benches/against_pydicom.py PROGRAM FOLDER

Needs pydicom with its plugins (pylibjpeg-libjpeg, -openjpeg, -rle, pyjpegls) and numpy. Grays are compared before any
window, after the file's rescale or table; colours as red, green, blue of 8 bits; graphics with pydicom's overlay_array.
Prints one line for each file that is not simply equal, then the counts. Runs by hand: the files are not part of the project.
"""

import collections
import logging
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import pydicom
from pydicom.pixels import apply_modality_lut, apply_color_lut, convert_color_space, pixel_array

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)


def theirs(path, number):
    """Pixels of one frame as pydicom has them, and the data set."""
    data_set = pydicom.dcmread(path, force=True)
    frames = int(getattr(data_set, "NumberOfFrames", 1) or 1)
    whole = {} if frames == 1 else {"index": number}
    try:
        pixels = pixel_array(path, **whole)
    except Exception:
        pixels = data_set.pixel_array if frames == 1 else data_set.pixel_array[number]
    name = data_set.get("PhotometricInterpretation", "")
    if name == "PALETTE COLOR":
        pixels = apply_color_lut(pixels, data_set)
        pixels = (pixels >> 8) if pixels.dtype.itemsize > 1 else pixels
    elif pixels.ndim == 2:
        groups = [data_set]
        if "PerFrameFunctionalGroupsSequence" in data_set:
            own = data_set.PerFrameFunctionalGroupsSequence[number]
            shared = data_set.get("SharedFunctionalGroupsSequence", [{}])[0]
            found = [g.get("PixelValueTransformationSequence") for g in (own, shared)]
            groups = [g[0] for g in found if g] + groups
        held = next((g for g in groups if "RescaleSlope" in g), None)
        if held is not None:
            pixels = pixels.astype(float) * float(held.RescaleSlope or 1) + float(held.RescaleIntercept)
        else:
            pixels = apply_modality_lut(pixels, data_set)
    else:
        if pixels.dtype.itemsize > 1:
            pixels = pixels >> (data_set.BitsStored - 8)
        if name.startswith("YBR_FULL") and np.array_equal(pixels, raw(path, whole)):
            pixels = convert_color_space(pixels.astype("u1"), "YBR_FULL", "RGB")
    return np.squeeze(pixels), data_set


def raw(path, whole):
    try:
        return pixel_array(path, raw=True, **whole)
    except Exception:
        return None


def graphics(data_set, number, shape):
    """All of a data set's planes over one frame, from pydicom's overlay_array; none where it reads none."""
    marks = np.zeros(shape, bool)
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x10) not in data_set:
            continue
        try:
            if (group, 0x3000) in data_set:
                plane = data_set.overlay_array(group)
            else:
                # In a spare bit of the samples, which pydicom leaves to others.
                samples = np.frombuffer(data_set.PixelData, "<u2").reshape(-1, *shape)
                plane = samples[number] >> data_set[group, 0x102].value & 1
        except Exception:
            continue
        frames, first = data_set.get((group, 0x15)), data_set.get((group, 0x51))
        if plane.ndim == 3:
            at = number - (int(first.value) - 1 if first else 0)
            if not 0 <= at < len(plane):
                continue
            plane = plane[at]
        elif (frames or first) and number != (int(first.value) - 1 if first else 0):
            continue
        origin = data_set.get((group, 0x50))
        top, left = [int(place) - 1 for place in (origin.value if origin else (1, 1))]
        for row, column in zip(*np.nonzero(plane)):
            if 0 <= row + top < shape[0] and 0 <= column + left < shape[1]:
                marks[row + top, column + left] = True
    return marks


def main(program, folder):
    files = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)
    files = [path for path in files if not path.endswith((".md", ".csv", ".txt", ".json"))]
    places = tempfile.mkdtemp()
    jobs = []
    for path in files:
        try:
            frames = int(getattr(pydicom.dcmread(path, force=True, stop_before_pixels=True), "NumberOfFrames", 1) or 1)
        except Exception:
            frames = 1
        jobs += [(path, number) for number in sorted({0, frames - 1})]
    lines = "".join(f"{path}\t{number}\t{places}/{n}\n" for n, (path, number) in enumerate(jobs))
    answers = subprocess.run([program, "values"], input=lines, capture_output=True, text=True).stdout.splitlines()
    counts = collections.Counter()
    for n, ((path, number), answer) in enumerate(zip(jobs, answers, strict=True)):
        name = f"{os.path.relpath(path, folder)} frame {number}"
        kind, *about = answer.split("\t")
        try:
            pixels, data_set = theirs(path, number)
        except Exception as error:
            pixels, why = None, f"{type(error).__name__}: {str(error)[:90]}"
        if kind == "words":
            counts["words, and pydicom has none either" if pixels is None else "MISSING"] += 1
            print(f"{'neither' if pixels is None else 'MISSING'}: {name}: {about[0]}")
            continue
        if pixels is None:
            counts["ours alone"] += 1
            print(f"ours alone: {name}: {why}")
            continue
        rows, columns, width, height = map(int, about[:4])
        held = open(f"{places}/{n}", "rb").read()
        size = rows * columns * {"values": 8, "colours": 3, "grays": 1}[kind]
        if kind != "values":
            size = width * height * (3 if kind == "colours" else 1)
        own = np.frombuffer(held[:size], {"values": "<f8"}.get(kind, "u1"))
        if own.size != pixels.size or kind == "grays":
            counts["NOT COMPARED"] += 1
            print(f"not compared: {name}: {answer} {pixels.shape}")
            continue
        off = np.abs(own.astype(float) - pixels.astype(float).ravel())
        scale = max(1.0, float(np.nanmax(np.abs(pixels.astype(float)))))
        worst = float(np.nanmax(off))
        same = "equal" if worst <= 1e-9 * scale else "within 1" if kind == "colours" and worst <= 1 else "DIFFERS"
        counts[same] += 1
        if same == "DIFFERS":
            print(f"differs: {name}: by {worst:g} at most, {np.nanmean(off):.4g} on average, {answer}")
        marks = graphics(data_set, number, (rows, columns))
        if (width, height) == (columns, rows) and (marks.any() or about[4] == "graphics"):
            ours = np.frombuffer(held[size:], "u1").astype(bool)
            agree = ours.size == marks.size and bool((ours.reshape(marks.shape) == marks).all())
            counts["graphics equal" if agree else "GRAPHICS DIFFER"] += 1
            print(f"graphics {'equal' if agree else 'DIFFER'}: {name}: {marks.sum()} of pydicom, {ours.sum()} of ours")
    for what, count in counts.most_common():
        print(count, what)


if __name__ == "__main__":
    main(*sys.argv[1:])
