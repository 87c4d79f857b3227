"""Answers each line that names a DICOM file with the milliseconds that pydicom, NumPy and Pillow take from the file to an
8-bit picture that fits 1000 × 800: opened, decoded, windowed by the file's window, resized. Warm: one process for all."""

import sys
import time

import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import pixel_array


def picture(path):
    data = pydicom.dcmread(path)
    values = pixel_array(data)
    if values.ndim == 3 and data.SamplesPerPixel == 1:
        values = values[0]
    values = values.astype(np.float32) * float(data.get("RescaleSlope", 1)) + float(data.get("RescaleIntercept", 0))
    level = float(np.atleast_1d(data.WindowCenter)[0])
    width = float(np.atleast_1d(data.WindowWidth)[0])
    grays = np.clip(((values - (level - 0.5)) / (width - 1) + 0.5) * 255, 0, 255).astype(np.uint8)
    rows, columns = grays.shape
    scale = min(1000 / columns, 800 / rows)
    return Image.fromarray(grays).resize((round(columns * scale), round(rows * scale)), Image.BILINEAR)


for line in sys.stdin:
    try:
        begun = time.perf_counter()
        picture(line.rstrip("\n"))
        print(f"{(time.perf_counter() - begun) * 1000:.3f}", flush=True)
    except Exception as error:  # one file that cannot be shown ends nothing
        print(f"- {type(error).__name__}", flush=True)
