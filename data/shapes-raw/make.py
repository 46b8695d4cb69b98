"""Writes the demo's arrays as files: pictures, a table and a tokenizer. Nothing is lost: PNG and lossless WebP.

    /usr/bin/python3 data/shapes-raw/make.py

with Debian's python3-numpy and python3-pil.
"""

import csv
import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
ARRAYS = HERE.parent / "shapes-vqa"
PNG_COUNT = 150  # WebP is smaller.


def main():
    arrays = np.load(ARRAYS / "val.npz")
    names = []
    for number, pixels in enumerate(arrays["image"]):
        name = f"{number:03}." + ("png" if number < PNG_COUNT else "webp")
        names.append(name)
        picture = Image.fromarray(pixels.transpose(1, 2, 0))
        path = HERE / "pictures" / name
        path.parent.mkdir(exist_ok=True)
        picture.save(path, **({"optimize": True} if number < PNG_COUNT else {"lossless": True, "quality": 100, "method": 6}))
    with open(ARRAYS / "val_meta.jsonl") as lines, open(HERE / "val.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "picture", "question", "label", "question_type"])
        for row, line in zip(arrays["image__rows"], lines):
            meta = json.loads(line)
            table.writerow([meta["id"], f"pictures/{names[row]}", meta["question"], meta["answer"], meta["question_type"]])
    words = (ARRAYS / "vocab.txt").read_text().splitlines()
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                    "pad_type_id": 0, "pad_token": "<pad>"},
        "added_tokens": [{"id": 0, "content": "<pad>", "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: place for place, word in enumerate(words)}, "unk_token": "<pad>"},
    }
    (HERE / "tokenizer.json").write_text(json.dumps(tokenizer, indent=1) + "\n")


if __name__ == "__main__":
    main()
