#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tones: short recordings, questions about them, and a small model that has learned to answer.

    /usr/bin/python3 data/tones/make.py

with Debian 12's python3-torch, python3-torchaudio and python3-soundfile. A recording has four beats of 0.2 s, each a low, a
middle or a high tone, or silence, with noise. Questions ask for the tone of one beat, or whether there is one. All of it is drawn
from a seed; weights are not bit-identical between machines.
"""

import csv
from pathlib import Path

import numpy as np
import soundfile
import torch
import torchaudio

HERE = Path(__file__).resolve().parent
RATE = 4000
BEAT = 800
LENGTH = 3150  # 32 frames, 8 for each beat
TONES = {"low": 420.0, "middle": 620.0, "high": 900.0, "silence": None}
ANSWERS = [*TONES, "yes", "no"]
PLACES = ["first", "second", "third", "last"]
RECORDINGS = 48
TRAINING_RECORDINGS = 6000
FORMATS = ["wav", "flac", "flac", "flac"]


def recording(generator):
    """The samples of a recording and the names of its tones."""
    names = [list(TONES)[place] for place in generator.choice(4, 4, p=[0.28, 0.28, 0.28, 0.16])]
    samples = generator.normal(0.0, 0.004, 4 * BEAT)
    for beat, name in enumerate(names):
        if TONES[name] is None:
            continue
        pitch = TONES[name] * 2.0 ** generator.normal(0.0, 0.2)
        time = np.arange(BEAT) / RATE
        envelope = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.02)
        samples[beat * BEAT : (beat + 1) * BEAT] += generator.uniform(0.02, 0.4) * envelope * np.sin(2.0 * np.pi * pitch * time)
    return np.round(np.clip(samples[:LENGTH], -1.0, 1.0) * 32767).astype(np.int16), names


def questions(names, generator):
    """Three questions with their answers and kinds."""
    for place in generator.choice(4, 2, replace=False):
        form = generator.choice(["what is the {} tone", "which tone comes {}"])
        yield form.format(PLACES[place]), names[place], "place"
    name = generator.choice(list(TONES)[:3])
    yield f"is there a {name} tone", "yes" if name in names else "no", "existence"


class Model(torch.nn.Module):
    """forward(spectrogram float32 [B, 1, 24, 32], question int64 [B, 5]) -> logits [B, 6]."""

    def __init__(self, word_count):
        super().__init__()
        self.words = torch.nn.Embedding(word_count, 12, padding_idx=0)
        self.place = torch.nn.Linear(12, 4)
        self.frames = torch.nn.Conv1d(24, 16, 1)
        self.hidden = torch.nn.Linear(16 + 16 + 12, 32)
        self.answer = torch.nn.Linear(32, 6)

    def forward(self, spectrogram, question):
        frames = torch.relu(self.frames(spectrogram.squeeze(1) / 20.0))
        beats = frames.reshape(-1, 16, 4, 8).mean(3)
        words = self.words(question).sum(1)
        asked = torch.softmax(self.place(words), 1)
        one = (beats * asked.unsqueeze(1)).sum(2)
        hidden = torch.relu(self.hidden(torch.cat([one, beats.amax(2), words], 1)))
        return self.answer(hidden)


def spectrograms(recordings):
    """[N, 1, 24, 32], as configs/tones.json makes them."""
    mel = torchaudio.transforms.MelSpectrogram(sample_rate=RATE, n_fft=256, hop_length=100, n_mels=24)
    decibels = torchaudio.transforms.AmplitudeToDB(top_db=60)
    waveforms = torch.tensor(np.stack(recordings), dtype=torch.float32).unsqueeze(1) / 32768.0
    return torch.stack([decibels(mel(waveform)) for waveform in waveforms])


def main():
    generator = np.random.default_rng(7)
    words = sorted({word for place in PLACES for word in place.split()}
                   | set("what is the tone which comes there a low middle high".split()))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (HERE / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    (HERE / "answers.txt").write_text("\n".join(ANSWERS) + "\n")

    def draw(count):
        recordings, rows = [], []
        for place in range(count):
            samples, names = recording(generator)
            recordings.append(samples)
            rows += [(place, *row) for row in questions(names, generator)]
        ids = torch.zeros(len(rows), 7, dtype=torch.long)
        for row, (_, text, _, _) in enumerate(rows):
            tokens = ["[CLS]", *text.split(), "[SEP]"]
            ids[row, : len(tokens)] = torch.tensor([vocabulary.index(token) for token in tokens])
        labels = torch.tensor([ANSWERS.index(answer) for _, _, answer, _ in rows])
        return recordings, rows, ids, labels, torch.tensor([row[0] for row in rows])

    recordings, rows, ids, labels, of_row = draw(RECORDINGS)
    (HERE / "sounds").mkdir(exist_ok=True)
    names = [f"sounds/{place:02}.{FORMATS[place % len(FORMATS)]}" for place in range(RECORDINGS)]
    for name, samples in zip(names, recordings):
        soundfile.write(HERE / name, samples, RATE, subtype="PCM_16")
    with open(HERE / "val.csv", "w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "sound", "question", "label", "kind"])
        for number, (place, text, answer, kind) in enumerate(rows):
            table.writerow([number, names[place], text, answer, kind])

    training, _, training_ids, training_labels, training_of_row = draw(TRAINING_RECORDINGS)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = Model(len(vocabulary))
    sounds = spectrograms(training)
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for epoch in range(60):
        order = torch.randperm(len(training_labels))
        for batch in order.split(128):
            loss = torch.nn.functional.cross_entropy(model(sounds[training_of_row[batch]], training_ids[batch]),
                                                     training_labels[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        if epoch == 45:
            for group in optimiser.param_groups:
                group["lr"] = 5e-4
    model.eval()
    answers = model(spectrograms(recordings)[of_row], ids).argmax(1)
    print("accuracy:", (answers == labels).float().mean().item())
    torch.jit.script(model).save(str(HERE / "model.pt"))


if __name__ == "__main__":
    main()
