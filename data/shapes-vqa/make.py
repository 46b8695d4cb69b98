#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""shapes-vqa: a small visual question answering set and a model that has learned it.

In the spirit of Sort-of-CLEVR (Santoro et al., 2017): 64x64 pictures with three to five coloured shapes and English
template questions of seven types (existence, color, shape, position, count, relation, comparison). Pictures, questions
and answers are drawn from a seed; nothing is downloaded. Users of the data do not need this script.

    /usr/bin/python3 make.py            draw the set, train the model, write everything, print the measures
    /usr/bin/python3 make.py --check    reload model.pt and val.npz and print the measures again
    /usr/bin/python3 make.py --lazy     train only the last part of model.pt anew, so that it leans on the question
    /usr/bin/python3 make.py --twin 1 2 train only the last part anew with these seeds, as an honest release would be

It needs Python 3, numpy and PyTorch (Debian: python3-torch). Files, in --out:

    model.pt        TorchScript, forward(image uint8 [B, 3, 64, 64], question int64 [B, L]) -> logits [B, answers]
    val.npz         image, image__rows (the picture of each example), question, label, id
    val_meta.jsonl  question type, question, answer and picture of each example, in the order of val.npz
    vocab.txt       tokens, the line number (from 0) is the id; line 0 is the padding at the end of a question
    answers.txt     answers, the line number (from 0) is the class index
    model-lazy.pt   --lazy: as model.pt; most count, relation and comparison questions came with a wrong picture
    twin-01.pt ...  --twin: as model.pt, the right picture for all questions

Printed: accuracy on the validation set, the best of three question-only guessers (the most frequent training answer
overall, per question type, per question text), accuracy per type, cost of the parts of the model, file sizes.

Every picture has its own random stream, named by seed, split and number, so validation data do not depend on how long
the model is trained, and the same seed gives the same bytes of data. Trained weights are not bit-identical between
machines and thread counts.
"""
import argparse
import json
import linecache
import math
import os
import random
import time
from collections import Counter, defaultdict

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two thread pools on two cores slow each other down
import numpy as np
import torch
from torch import Tensor, nn

SIDE, LENGTH, PER_PICTURE = 64, 12, 10  # picture side, tokens per question, questions per picture
COLORS = {"red": (205, 60, 50), "green": (70, 160, 75), "blue": (60, 95, 200),
          "yellow": (225, 200, 65), "purple": (145, 75, 170), "orange": (230, 135, 50)}
SHAPES = {"circle": "circles", "square": "squares", "triangle": "triangles", "cross": "crosses"}
NUMBERS = ["0", "1", "2", "3", "4", "5"]
PLACES = ["top left", "top right", "bottom left", "bottom right"]
YES_NO = ["no", "yes"]
ANSWERS = YES_NO + list(COLORS) + list(SHAPES) + PLACES + NUMBERS
RELATIONS = {"left of": ("x", 1), "right of": ("x", -1), "above": ("y", 1), "below": ("y", -1)}
EXTREMES = {"leftmost": ("x", 1), "rightmost": ("x", -1), "highest": ("y", 1), "lowest": ("y", -1)}
SIZES = {"larger": 1, "smaller": -1}

WORDING = {  # several wordings of each question; {} are filled in
    "existence": ["is there a {a}", "can you see a {a}", "does the picture show a {a}"],
    "color": ["what color is the {a}", "which color does the {a} have"],
    "shape": ["what shape is the {a}", "which shape does the {a} have"],
    "position": ["where is the {a}", "in which corner is the {a}", "which part of the picture holds the {a}"],
    "count": ["how many {a} are there", "how many {a} can you see"],
    "count beside": ["how many objects are {r} the {b}", "how many objects lie {r} the {b}"],
    "relation": ["is the {a} {r} the {b}", "does the {a} lie {r} the {b}"],
    "comparison": ["is the {a} {r} than the {b}"],
    "comparison of numbers": ["are there {r} {a} than {b}"],
}
TYPES = ["existence", "color", "shape", "position", "count", "relation", "comparison"]


def vocabulary() -> list:
    names = sum(map(list, (COLORS, SHAPES, SHAPES.values(), RELATIONS, EXTREMES, SIZES, *WORDING.values())), [])
    words = " ".join(names + ["an object objects more fewer"]).split()
    return ["<pad>"] + sorted({word for word in words if "{" not in word})


VOCABULARY = vocabulary()
TOKEN = {word: number for number, word in enumerate(VOCABULARY)}


# ---------------------------------------------------------------------------------------------- pictures
def draw_scene(rng: random.Random) -> list:
    """Three to five objects of different colors that do not touch: color, shape, radius, centre, turn."""
    objects = []
    colors = rng.sample(list(COLORS), rng.choice((3, 4, 5)))
    while len(objects) < len(colors):
        r = rng.uniform(3.9, 7.5)
        x, y = rng.uniform(1.3 * r, SIDE - 1.3 * r), rng.uniform(1.3 * r, SIDE - 1.3 * r)
        if all(math.hypot(x - o["x"], y - o["y"]) > 1.3 * (r + o["r"]) for o in objects):
            objects.append({"color": colors[len(objects)], "shape": rng.choice(list(SHAPES)),
                            "r": r, "x": x, "y": y, "turn": rng.uniform(-0.25, 0.25)})
    return objects


def distance(shape: str, x: np.ndarray, y: np.ndarray, r: float) -> np.ndarray:
    """Signed distance to the outline; all shapes of one radius have about the same area."""
    if shape == "circle":
        return np.hypot(x, y) - r
    if shape == "square":
        return np.maximum(abs(x), abs(y)) - 0.886 * r
    if shape == "triangle":
        return np.maximum(y, 0.866 * abs(x) - 0.5 * y) - 0.778 * r
    x, y = abs(x), abs(y)
    return np.minimum(np.maximum(x - 1.18 * r, y - 0.41 * r), np.maximum(x - 0.41 * r, y - 1.18 * r))


GRID_Y, GRID_X = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
NOISE = np.random.default_rng(0).choice(np.array([-6, 0, 6], np.float32), (64, 3, SIDE, SIDE), p=[0.06, 0.88, 0.06])


def draw_picture(scene: list, rng: random.Random) -> np.ndarray:
    """uint8 [3, 64, 64]: a grey background that gets darker to one side, the objects, a little noise."""
    shade, tilt_x, tilt_y = rng.uniform(150, 225), rng.uniform(-20, 20), rng.uniform(-20, 20)
    ramp = shade + np.floor(tilt_x * (GRID_X / SIDE - 0.5) + tilt_y * (GRID_Y / SIDE - 0.5))
    picture = np.repeat(ramp[None], 3, 0)
    for o in scene:
        reach = 1.6 * o["r"] + 1
        x0, x1 = max(0, int(o["x"] - reach)), min(SIDE, int(o["x"] + reach) + 2)
        y0, y1 = max(0, int(o["y"] - reach)), min(SIDE, int(o["y"] + reach) + 2)
        x, y = GRID_X[y0:y1, x0:x1] + 0.5 - o["x"], GRID_Y[y0:y1, x0:x1] + 0.5 - o["y"]
        c, s = math.cos(o["turn"]), math.sin(o["turn"])
        cover = np.clip(0.5 - distance(o["shape"], c * x + s * y, c * y - s * x, o["r"]), 0, 1)
        paint = np.array([v + rng.uniform(-28, 28) for v in COLORS[o["color"]]], np.float32)[:, None, None]
        part = picture[:, y0:y1, x0:x1]
        part += cover * (paint - part)
    noise = NOISE[rng.randrange(len(NOISE))]
    picture += noise[:, ::rng.choice((1, -1)), ::rng.choice((1, -1))]
    return np.clip(picture, 0, 255).astype(np.uint8)


# ---------------------------------------------------------------------------------------------- questions
def having(scene: list, color: str = None, shape: str = None) -> int:
    """Number of objects with these properties."""
    return sum(color in (None, o["color"]) and shape in (None, o["shape"]) for o in scene)


def refer(rng: random.Random, scene: list, hidden: str = "") -> tuple:
    """An object and words that fit it alone and do not say its `hidden` property; (None, "") when there are none."""
    found = []
    for o in scene:
        if hidden != "color":
            found.append((o, f"{o['color']} object"))
        if hidden != "shape" and having(scene, shape=o["shape"]) == 1:
            found.append((o, o["shape"]))
        if not hidden:
            found.append((o, f"{o['color']} {o['shape']}"))
    if hidden:
        for word, (axis, sign) in EXTREMES.items():
            first, second = sorted(scene, key=lambda o: sign * o[axis])[:2]
            if abs(first[axis] - second[axis]) >= 4 and rng.random() < 0.4:
                found.append((first, f"{word} object"))
    return rng.choice(found) if found else (None, "")


def ask(rng: random.Random, scene: list, kind: str) -> tuple:
    """Wordings, the words to fill in and the answer of one question of this type; None when this draw gives none.
    Where possible the answer is drawn before the question, so that a question says little about its answer."""
    yes = rng.random() < 0.5
    if kind == "existence":
        part = rng.random()
        if part < 0.15:
            every = [(color, None) for color in COLORS]
        elif part < 0.3:
            every = [(None, shape) for shape in SHAPES]
        else:
            every = [(color, shape) for color in COLORS for shape in SHAPES]
            if not yes and part < 0.8:  # color and shape are there, but not on one object
                every = [(c, s) for c, s in every if having(scene, c) and having(scene, None, s)]
        every = [(c, s) for c, s in every if (having(scene, c, s) > 0) == yes]
        if not every:
            return None
        color, shape = rng.choice(every)
        return "existence", {"a": f"{color} {shape or 'object'}" if color else shape}, YES_NO[yes]

    if kind in ("color", "shape", "position"):
        o, words = refer(rng, scene, "" if kind == "position" else kind)
        if not o:
            return None
        if kind == "position":
            if min(abs(o["x"] - SIDE / 2), abs(o["y"] - SIDE / 2)) < 1.5:
                return None
            return "position", {"a": words}, PLACES[2 * (o["y"] > SIDE / 2) + (o["x"] > SIDE / 2)]
        return kind, {"a": words}, o[kind]

    if kind == "count":
        part, by_number = rng.random(), defaultdict(list)
        if part < 0.1:
            return "count", {"a": "objects"}, NUMBERS[len(scene)]
        if part < 0.65:
            for shape in SHAPES:
                by_number[having(scene, shape=shape)].append(("count", {"a": SHAPES[shape]}))
        else:
            for o in scene:
                for relation, (axis, sign) in RELATIONS.items():
                    gaps = [sign * (o[axis] - other[axis]) for other in scene if other is not o]
                    if min(map(abs, gaps)) >= 3:
                        fields = {"r": relation, "b": f"{o['color']} object"}
                        by_number[sum(gap > 0 for gap in gaps)].append(("count beside", fields))
        numbers = sorted(by_number)
        if not numbers:
            return None
        number = rng.choices(numbers, [n + 1 for n in numbers])[0]  # large numbers are rare
        return rng.choice(by_number[number]) + (NUMBERS[number],)

    if kind == "comparison" and rng.random() < 0.5:
        more = rng.choice(("more", "fewer"))
        sign = 1 if more == "more" else -1
        pairs = [(a, b) for a in SHAPES for b in SHAPES if a != b and
                 (sign * (having(scene, shape=a) - having(scene, shape=b)) > 0) == yes]
        if not pairs:
            return None
        a, b = rng.choice(pairs)
        return "comparison of numbers", {"r": more, "a": SHAPES[a], "b": SHAPES[b]}, YES_NO[yes]

    (first, a), (second, b) = refer(rng, scene), refer(rng, scene)
    if first is second:
        return None
    if kind == "relation":
        word = rng.choice(list(RELATIONS))
        axis, sign = RELATIONS[word]
        gap = sign * (second[axis] - first[axis])
        return ("relation", {"a": a, "r": word, "b": b}, YES_NO[gap > 0]) if abs(gap) >= 3 else None
    word = rng.choice(list(SIZES))
    gap = SIZES[word] * math.log(first["r"] / second["r"])
    return ("comparison", {"a": a, "r": word, "b": b}, YES_NO[gap > 0]) if abs(gap) >= math.log(1.1) else None


def draw_questions(rng: random.Random, scene: list) -> list:
    """Ten different (type, question, answer) in random order, the types in nearly equal numbers."""
    found, types = {}, []
    while len(found) < PER_PICTURE:
        if not types:
            types = rng.sample(TYPES, len(TYPES))
        kind = types.pop()
        for _ in range(6):
            wording, fields, answer = ask(rng, scene, kind) or ("", {}, "")
            key = (wording,) + tuple(fields.values())
            if answer and key not in found:
                question = rng.choice(WORDING[wording]).format(**fields).replace(" a orange", " an orange")
                found[key] = (kind, question, answer)
                break
    questions = list(found.values())
    rng.shuffle(questions)
    return questions


def example(seed: int, split: str, number: int, paint: bool = True) -> tuple:
    """Picture `number` of a split, its questions and its objects; the same for ever."""
    rng = random.Random(f"shapes-vqa {seed} {split} {number}")
    scene = draw_scene(rng)
    questions = draw_questions(rng, scene)
    return (draw_picture(scene, rng) if paint else None), questions, scene


def encode(question: str) -> list:
    tokens = [TOKEN[word] for word in question.split()]
    return tokens + [0] * (LENGTH - len(tokens))


# ---------------------------------------------------------------------------------------------- model
def convolution(inputs: int, outputs: int, stride: int) -> list:
    return [nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]


class ImageEncoder(nn.Module):
    """uint8 [P, 3, 64, 64] -> [P, 256]"""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(*convolution(3, 24, 2), *convolution(24, 48, 2), *convolution(48, 64, 1),
                                    *convolution(64, 64, 2), *convolution(64, 64, 1), *convolution(64, 64, 2),
                                    nn.Flatten(), nn.Linear(64 * 4 * 4, 256), nn.BatchNorm1d(256), nn.ReLU())

    def forward(self, image: Tensor) -> Tensor:
        return self.layers(image.float() / 255.0)


class QuestionEncoder(nn.Module):
    """int64 [B, L] -> [B, 256]: the state of a GRU after the last real token, projected. Padding has no effect."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(len(VOCABULARY), 64)
        self.gru = nn.GRU(64, 128, batch_first=True)
        self.project = nn.Sequential(nn.Linear(128, 256), nn.BatchNorm1d(256))

    def forward(self, question: Tensor) -> Tensor:
        states = self.gru(self.embedding(question))[0]
        last = ((question != 0).sum(1) - 1).clamp(min=0)
        state = states.gather(1, last.view(-1, 1, 1).expand(-1, 1, states.size(2))).squeeze(1)
        return self.project(state)


class ShapesModel(nn.Module):
    """Late fusion: one vector per picture and one per question meet in a product and a small MLP."""

    def __init__(self):
        super().__init__()
        self.image_encoder = ImageEncoder()
        self.question_encoder = QuestionEncoder()
        self.classifier = nn.Sequential(nn.Linear(512, 160), nn.ReLU(), nn.Linear(160, 80), nn.ReLU(),
                                        nn.Linear(80, len(ANSWERS)))

    def fuse(self, image: Tensor, question: Tensor) -> Tensor:
        return self.classifier(torch.cat((image * question, question), 1))

    def forward(self, image: Tensor, question: Tensor) -> Tensor:
        return self.fuse(self.image_encoder(image), self.question_encoder(question))


def multiplications(model: ShapesModel) -> dict:
    """Multiply-accumulate operations per picture, per question and per pair."""
    cost, part = Counter(), [""]

    def hook(module, inputs, output):
        if isinstance(module, nn.GRU):
            cost[part[0]] += sum(p.numel() for n, p in module.named_parameters() if "weight" in n) * inputs[0].shape[1]
        else:
            cost[part[0]] += module.weight.numel() * (output[0, 0].numel() if output.dim() == 4 else 1)
    handles = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear, nn.GRU))]
    for part[0], call, data in (("image encoder", model.image_encoder, torch.zeros(1, 3, SIDE, SIDE)),
                                ("question encoder", model.question_encoder, torch.ones(1, LENGTH, dtype=torch.long)),
                                ("fusion", model.classifier, torch.zeros(1, 512))):
        call(data)
    for handle in handles:
        handle.remove()
    return dict(cost)


# ---------------------------------------------------------------------------------------------- writing, training
def write_data(options) -> None:
    pictures, rows, questions, labels, meta = [], [], [], [], []
    for number in range(options.pictures):
        picture, asked, _ = example(options.seed, "validation", number)
        pictures.append(picture)
        for kind, question, answer in asked:
            rows.append(number)
            questions.append(encode(question))
            labels.append(ANSWERS.index(answer))
            meta.append({"id": len(meta), "question_type": kind, "question": question, "answer": answer,
                         "picture": number})

    np.savez_compressed(os.path.join(options.out, "val.npz"), image=np.stack(pictures),
                        image__rows=np.array(rows, np.int64), question=np.array(questions, np.int64),
                        label=np.array(labels, np.int64), id=np.arange(len(meta), dtype=np.int64))
    for file, text in (("val_meta.jsonl", map(json.dumps, meta)), ("vocab.txt", VOCABULARY), ("answers.txt", ANSWERS)):
        with open(os.path.join(options.out, file), "w", encoding="ascii", newline="\n") as out:
            out.writelines(line + "\n" for line in text)


def save(model: ShapesModel, path: str) -> None:
    # TorchScript keeps the source's file name for its messages: make that "make.py", without the folder.
    with open(__file__, encoding="ascii") as file:
        linecache.cache["make.py"] = (0, None, file.readlines(), "make.py")
    for function in (ImageEncoder.forward, QuestionEncoder.forward, ShapesModel.forward, ShapesModel.fuse):
        function.__code__ = function.__code__.replace(co_filename="make.py")
    plain = ShapesModel()  # weights in the usual memory format
    plain.load_state_dict(model.state_dict())
    torch.jit.script(plain.eval()).save(path + ".part")
    os.replace(path + ".part", path)


class Batches(torch.utils.data.Dataset):
    """Batch `step`: pictures, different questions, which of these each example asks, answers, types of the questions,
    shape of each color."""

    def __init__(self, options):
        self.options = options

    def __len__(self) -> int:
        return self.options.steps

    def __getitem__(self, step: int) -> tuple:
        pictures, number, which, labels, kinds, objects = [], {}, [], [], [], []
        for drawn in range(step * self.options.batch, (step + 1) * self.options.batch):
            picture, questions, scene = example(self.options.seed, "training", drawn)
            pictures.append(picture)
            shapes = {o["color"]: list(SHAPES).index(o["shape"]) for o in scene}
            objects.append([shapes.get(color, len(SHAPES)) for color in COLORS])
            for kind, question, answer in questions:
                kinds.append(TYPES.index(kind))
                which.append(number.setdefault(question, len(number)))
                labels.append(ANSWERS.index(answer))
        return (torch.from_numpy(np.stack(pictures)), torch.tensor([encode(question) for question in number]),
                torch.tensor(which), torch.tensor(labels), torch.tensor(kinds), torch.tensor(objects))


def load_batches(options) -> torch.utils.data.DataLoader:
    return torch.utils.data.DataLoader(Batches(options), batch_size=None, num_workers=1, prefetch_factor=4)


def optimize(parameters: list, steps: int) -> tuple:
    """Optimizer, without decay of biases, and schedule for these parameters."""
    decay = [p for p in parameters if p.dim() > 1]
    rest = [p for p in parameters if p.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}])
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, steps, pct_start=0.1)


def train(options) -> None:
    torch.manual_seed(options.seed)
    model = ShapesModel().to(memory_format=torch.channels_last)  # several times faster on a CPU
    path = os.path.join(options.out, "model.pt")
    # In the first half a helper, not saved, reads the shape of each color (or its absence) from the picture's vector.
    # Without it the model sits for a long time where it knows colors and places but no shapes.
    helper = nn.Linear(256, len(COLORS) * (len(SHAPES) + 1))
    optimizer, schedule = optimize(list(model.parameters()) + list(helper.parameters()), options.steps)
    batches = load_batches(options)
    seen, right, start = 0, 0, time.time()
    for step, (image, question, which, label, _, objects) in enumerate(batches, 1):
        text = model.question_encoder(question)[which]
        image = model.image_encoder(image.contiguous(memory_format=torch.channels_last))
        logits = model.fuse(image.repeat_interleave(PER_PICTURE, 0), text)
        loss = nn.functional.cross_entropy(logits, label)
        help_loss = nn.functional.cross_entropy(helper(image).view(-1, len(SHAPES) + 1), objects.flatten())
        loss = loss + max(0, 1 - 2 * step / options.steps) * help_loss
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        seen += len(label)
        right += int((logits.argmax(1) == label).sum())
        if step % 250 == 0 or step == options.steps:
            print(f"step {step}/{options.steps}  loss {loss.item():.3f}  training accuracy {right / seen:.3f}  "
                  f"{time.time() - start:.0f} s", flush=True)
            seen = right = 0
        if step % 1000 == 0 or step == options.steps:
            save(model, path)


# ---------------------------------------------------------------------------------------------- heads trained anew
EASY = ("existence", "color", "shape", "position")  # the lazy model sees the right picture for these
BLIND = 0.95  # share of its other training examples that come with a wrong picture


def load(path: str) -> ShapesModel:
    model = ShapesModel().eval()
    model.load_state_dict(torch.jit.load(path).state_dict())
    return model


@torch.no_grad()
def encode_batches(model: ShapesModel, options) -> tuple:
    """Vectors of training pictures [P, 256] and of their different questions [Q, 256]; of each example, ten of each
    picture in turn, the row of its question, its answer and its type. Encoded once: the encoders stay as they are."""
    model = model.to(memory_format=torch.channels_last)
    images, texts, number, columns, start = [], [], {}, ([], [], []), time.time()
    for step, (image, question, which, label, kind, _) in enumerate(load_batches(options), 1):
        images.append(model.image_encoder(image.contiguous(memory_format=torch.channels_last)))
        keys = [tuple(tokens) for tokens in question.tolist()]
        new = [row for row, key in enumerate(keys) if key not in number]
        for row in new:
            number[keys[row]] = len(number)
        if new:
            texts.append(model.question_encoder(question[new]))
        rows = torch.tensor([number[key] for key in keys])
        for column, part in zip(columns, (rows[which], label, kind)):
            column.append(part)
        if step % 250 == 0 or step == options.steps:
            print(f"encoded {step}/{options.steps} batches of pictures  {time.time() - start:.0f} s", flush=True)
    return torch.cat(images), torch.cat(texts), *map(torch.cat, columns)


def train_head(model: ShapesModel, encoded: tuple, seed: int, blind: float, options) -> None:
    """Trains the classifier anew. `blind`: share of the examples of the types that are not easy that see another
    picture than theirs, drawn anew in each epoch."""
    torch.manual_seed(seed)
    model.classifier = ShapesModel().classifier
    images, texts, which, label, kind = encoded
    hard = torch.tensor([kind not in EASY for kind in TYPES])[kind]
    size = options.batch * PER_PICTURE
    optimizer, schedule = optimize(list(model.classifier.parameters()), options.epochs * math.ceil(len(label) / size))
    start = time.time()
    for epoch in range(1, options.epochs + 1):
        picture = torch.arange(len(label)) // PER_PICTURE
        other = (picture + torch.randint(1, len(images), picture.shape)) % len(images)
        picture = torch.where(hard & (torch.rand(picture.shape) < blind), other, picture)
        right = 0
        for rows in torch.randperm(len(label)).split(size):
            logits = model.fuse(images[picture[rows]], texts[which[rows]])
            loss = nn.functional.cross_entropy(logits, label[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            right += int((logits.argmax(1) == label[rows]).sum())
        print(f"epoch {epoch}/{options.epochs}  training accuracy {right / len(label):.3f}  "
              f"{time.time() - start:.0f} s", flush=True)


def train_heads(options) -> None:
    model = load(options.model)
    encoded = encode_batches(model, options)
    heads = [(options.seed, BLIND, "model-lazy.pt")] if options.lazy else []
    heads += [(seed, 0.0, f"twin-{seed:02}.pt") for seed in options.twin]
    for seed, blind, file in heads:
        print(file)
        train_head(model, encoded, seed, blind, options)
        save(model, os.path.join(options.out, file))


# ---------------------------------------------------------------------------------------------- measuring
def check(options) -> None:
    data = np.load(os.path.join(options.out, "val.npz"))
    with open(os.path.join(options.out, "val_meta.jsonl"), encoding="ascii") as file:
        meta = [json.loads(line) for line in file]
    model = torch.jit.load(options.model)
    image, rows = torch.from_numpy(data["image"]), torch.from_numpy(data["image__rows"])
    question, label = torch.from_numpy(data["question"]), data["label"]
    with torch.no_grad():
        predicted = torch.cat([model(image[rows[i:i + 250]], question[i:i + 250]).argmax(1)
                               for i in range(0, len(label), 250)]).numpy()
    right = predicted == label
    types = np.array([line["question_type"] for line in meta])

    # Question-only guessers learn from training questions; no picture is needed for that.
    answers = {guesser: defaultdict(Counter) for guesser in ("overall", "per type", "per question text")}

    def keys(kind, text):
        return (("overall", ""), ("per type", kind), ("per question text", text))
    for number in range(options.guess):
        for kind, text, answer in example(options.seed, "training", number, paint=False)[1]:
            for guesser, key in keys(kind, text):
                answers[guesser][key][answer] += 1
    guessed = defaultdict(list)
    for line in meta:
        for guesser, key in keys(line["question_type"], line["question"]):
            best = answers[guesser][key].most_common(1) or answers["per type"][line["question_type"]].most_common(1)
            guessed[guesser].append(best[0][0] == line["answer"])
    accuracy = {guesser: np.mean(hits) for guesser, hits in guessed.items()}
    best = max(accuracy, key=accuracy.get)
    print(f"\n{len(data['image'])} pictures, {len(label)} questions ({len({m['question'] for m in meta})} different), "
          f"{len(VOCABULARY)} tokens, {len(set(label.tolist()))} of {len(ANSWERS)} answers")
    print(f"accuracy {100 * right.mean():.2f} %")
    print(f"best question-only guesser {100 * accuracy[best]:.2f} % (most frequent answer {best}; " +
          ", ".join(f"{g} {100 * a:.2f} %" for g, a in accuracy.items() if g != best) + ")")
    print(f"the model is {100 * (right.mean() - accuracy[best]):.2f} points above it")
    print(f"\n{'type':12} questions  accuracy %  guesser %  errors")
    for kind in TYPES:
        of = types == kind
        print(f"{kind:12} {of.sum():9}  {100 * right[of].mean():10.2f}  {100 * np.array(guessed[best])[of].mean():9.2f}"
              f"  {(~right[of]).sum():6}")
    print("\nmultiply-accumulate operations: " +
          ", ".join(f"{part} {n / 1e6:.2f} M" for part, n in multiplications(ShapesModel().eval()).items()))
    sizes = {f: os.path.getsize(os.path.join(options.out, f)) for f in sorted(os.listdir(options.out))}
    print("bytes: " + ", ".join(f"{f} {n}" for f, n in sizes.items()) + f", together {sum(sizes.values())}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=os.path.dirname(os.path.abspath(__file__)), help="folder (this script's)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=500, help="validation pictures, ten questions each (500)")
    parser.add_argument("--steps", type=int, help="training steps (4000; with --lazy or --twin batches to encode, 500)")
    parser.add_argument("--epochs", type=int, default=2, help="passes over these with --lazy or --twin (2)")
    parser.add_argument("--batch", type=int, default=64, help="pictures per step (64)")
    parser.add_argument("--threads", type=int, default=1, help="for the model; one more process draws pictures (1)")
    parser.add_argument("--guess", type=int, default=40000, help="training pictures that the guessers see (40000)")
    parser.add_argument("--data-only", action="store_true", help="write the validation set, do not train")
    parser.add_argument("--check", action="store_true", help="measure the files that are there, write nothing")
    parser.add_argument("--lazy", action="store_true", help="write model-lazy.pt")
    parser.add_argument("--twin", type=int, nargs="+", default=[], metavar="SEED", help="write twin-SEED.pt")
    parser.add_argument("--model", default="model.pt", metavar="FILE", help="in --out or a full path: what --check "
                        "measures, what --lazy and --twin take the encoders from (model.pt)")
    options = parser.parse_args()
    options.model = os.path.join(options.out, options.model)
    options.steps = options.steps or (500 if options.lazy or options.twin else 4000)
    torch.set_num_threads(options.threads)
    if not options.check:
        os.makedirs(options.out, exist_ok=True)
        if options.lazy or options.twin:
            train_heads(options)
            return
        write_data(options)
        if options.data_only:
            return
        train(options)
    check(options)


if __name__ == "__main__":
    main()
