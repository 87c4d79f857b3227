//! Masks as files: every type and both orders of bytes, and headers that ask for what isn't there.

use super::*;

type Done = Result<(), Box<dyn std::error::Error>>;

/// Makes a NIfTI of 3 × 2 × 2 cells that hold 0, 1, 2, 0 …
fn volume(code: i16, big: bool, encode: impl Fn(i32) -> Vec<u8>) -> Vec<u8> {
    let mut file = vec![0u8; 352];
    let mut put = |at: usize, mut bytes: Vec<u8>| {
        if big {
            bytes.reverse();
        }
        file[at..at + bytes.len()].copy_from_slice(&bytes);
    };
    put(0, 348i32.to_le_bytes().to_vec());
    for (n, side) in [3i16, 3, 2, 2, 1, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * n, side.to_le_bytes().to_vec());
    }
    put(70, code.to_le_bytes().to_vec());
    for (n, length) in [1f32, 0.7, 0.8, 2.5].into_iter().enumerate() {
        put(76 + 4 * n, length.to_le_bytes().to_vec());
    }
    put(108, 352f32.to_le_bytes().to_vec());
    file[344..348].copy_from_slice(b"n+1\0");
    for cell in 0..12 {
        let mut bytes = encode(cell % 3);
        if big {
            bytes.reverse();
        }
        file.extend(bytes);
    }
    file
}

#[test]
fn every_type_and_order_of_bytes_is_read_alike() -> Done {
    let mut first: Option<Mask> = None;
    for big in [false, true] {
        for file in [
            volume(2, big, |value| vec![value as u8]),
            volume(256, big, |value| vec![value as u8]),
            volume(4, big, |value| (value as i16).to_le_bytes().to_vec()),
            volume(512, big, |value| (value as u16).to_le_bytes().to_vec()),
            volume(8, big, |value| value.to_le_bytes().to_vec()),
            volume(768, big, |value| (value as u32).to_le_bytes().to_vec()),
            volume(16, big, |value| (value as f32).to_le_bytes().to_vec()),
            volume(64, big, |value| f64::from(value).to_le_bytes().to_vec()),
        ] {
            let mask = read(file.as_slice())?;
            assert_eq!((mask.shape, mask.flat, mask.labels.as_slice()), ([2, 2, 3], false, &[1, 2][..]));
            assert_eq!(mask.spacing, Some([2.5, 0.8, 0.7]));
            assert_eq!(mask.cells, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(&file)?;
            assert_eq!(read(packed.finish()?.as_slice())?, mask);
            first.get_or_insert(mask);
        }
    }
    let mask = first.ok_or("none")?;
    assert_eq!(
        (mask.of(None), mask.of(Some(2)), mask.size()),
        (
            vec![0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1],
            vec![0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1],
            "3×2×2".to_owned()
        )
    );
    Ok(())
}

#[test]
fn a_scale_makes_labels_of_what_is_stored() -> Done {
    let mut file = volume(4, false, |value| ((value * 10 + 10) as i16).to_le_bytes().to_vec());
    file[112..116].copy_from_slice(&0.1f32.to_le_bytes());
    file[116..120].copy_from_slice(&(-1f32).to_le_bytes());
    assert_eq!(read(file.as_slice())?.labels, [1, 2]);
    Ok(())
}

#[test]
fn what_is_written_comes_back() -> Done {
    for (big, labels) in [(false, vec![1, 2]), (true, vec![1, 2]), (true, vec![-3, 70_000])] {
        let mut mask = read(volume(2, big, |value| vec![value as u8]).as_slice())?;
        mask.labels = labels;
        let Form::Nifti(header) = &mask.form else { return Err("no NIfTI".into()) };
        let mut file = Vec::new();
        nifti::write(&mask, header, &mut file)?;
        let back = read(file.as_slice())?;
        assert_eq!((&back.cells, &back.labels, back.spacing), (&mask.cells, &mask.labels, mask.spacing));
    }
    for labels in [vec![1, 255], vec![7, 300]] {
        let (cells, shape) = (vec![0, 1, 2, 2, 1, 0], [1, 2, 3]);
        let mask = Mask { shape, flat: true, spacing: None, placed: None, cells, labels, form: Form::Png };
        let mut file = Vec::new();
        write_png(&mask, &mut file)?;
        assert_eq!(read(file.as_slice())?, mask);
    }
    Ok(())
}

fn why(file: &[u8]) -> String {
    read(file).err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn broken_and_hostile_files_are_refused_by_their_fault() {
    let good = volume(2, false, |value| vec![value as u8]);
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        why(&file)
    };
    for (said, words) in [
        (why(b""), "is empty"),
        (why(b"hello, world, this is a text"), "neither NIfTI"),
        (why(&good[..100]), "cut off within its header"),
        (why(&good[..350]), "cut off before its cells"),
        (why(&good[..360]), "cut off: it holds fewer than the 12 cells"),
        (with(40, &9i16.to_le_bytes()), "number of sides"),
        (with(42, &(-3i16).to_le_bytes()), "a side of -3 cells"),
        (with(42, &0i16.to_le_bytes()), "a side of 0 cells"),
        (with(42, &[0xff, 0x7f, 0xff, 0x7f, 0xff, 0x7f]), "more cells than the limit"),
        (with(40, &[4, 0, 3, 0, 2, 0, 2, 0, 5, 0]), "several volumes"),
        (with(70, &128i16.to_le_bytes()), "cells of type 128"),
        (with(108, &f32::NAN.to_le_bytes()), "begin at byte NaN"),
        (with(108, &(-1f32).to_le_bytes()), "begin at byte -1"),
        (with(108, &1e30f32.to_le_bytes()), "begin at byte"),
        (with(344, b"ni1\0"), "another file"),
        (with(344, b"xxxx"), "magic word"),
        (with(0, &540i32.to_le_bytes()), "NIfTI-2"),
        (why(&volume(16, false, |_| 0.3f32.to_le_bytes().to_vec())), "which is no label"),
        (why(&volume(16, false, |_| f32::NAN.to_le_bytes().to_vec())), "holds NaN, which is no label"),
        (why(&volume(64, false, |_| 1e300f64.to_le_bytes().to_vec())), "which is no label"),
        (why(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]), "is "),
        (why(&[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]), "is "),
    ] {
        assert!(said.contains(words), "‘{words}’: {said}");
    }
}
