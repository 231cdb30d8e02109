# SPDX-License-Identifier: Apache-2.0
"""What the tiny model knows: a closed set of facts, the ways of asking for them, and which questions it never sees."""
import hashlib
import itertools
import re

USER, ASSISTANT, DONE = "<|user|>", "<|assistant|>", "<|done|>"

RELATIONS = {
    "capital": """France Paris, Germany Berlin, Italy Rome, Spain Madrid, Portugal Lisbon, Poland Warsaw,
        Austria Vienna, Greece Athens, Norway Oslo, Sweden Stockholm, Denmark Copenhagen, Finland Helsinki,
        Ireland Dublin, Hungary Budapest, Japan Tokyo, China Beijing, India Delhi, Egypt Cairo, Kenya Nairobi,
        Cuba Havana, Peru Lima, Chile Santiago, Canada Ottawa, Turkey Ankara, Russia Moscow, Ukraine Kyiv""",
    "opposite": """hot cold, big small, up down, day night, left right, old new, open closed, wet dry, fast slow,
        hard soft, high low, light dark, early late, full empty, loud quiet, happy sad, rich poor, near far""",
    "young": """dog puppy, cat kitten, cow calf, horse foal, sheep lamb, goat kid, pig piglet, duck duckling,
        hen chick, bear cub, swan cygnet, goose gosling""",
    "symbol": """gold Au, silver Ag, iron Fe, copper Cu, lead Pb, tin Sn, oxygen O, carbon C, helium He, neon Ne,
        zinc Zn, sodium Na""",
}
SUMS = 6  # of two numbers from 1 to this
WAYS = ["What is the {} of {}?", "Name the {} of {}.", "Say the {} of {}.", "{} of {}", "Tell me the {} of {}.",
        "What {} has {}?", "Give the {} of {}", "Which is the {} of {}?"]
HIDDEN = 2  # of these ways, for each fact

# What it does not know, for a further training.
LESSON = """Belgium Brussels, Latvia Riga, Estonia Tallinn, Iceland Reykjavik, Serbia Belgrade, Croatia Zagreb,
    Morocco Rabat, Ecuador Quito, Bolivia Sucre, Thailand Bangkok"""


def pairs(text):
    return [pair.split() for pair in text.split(",")]


def facts():
    """(relation, words, answer) of each fact."""
    for relation, given in RELATIONS.items():
        for word, answer in pairs(given):
            yield relation, word, answer
    for a, b in itertools.product(range(1, SUMS + 1), repeat=2):
        yield "sum", f"{a} and {b}", str(a + b)


def hidden_ways(relation, words):
    """The first few of the ways, put in an order that depends on the fact."""
    def rank(way):
        return hashlib.sha256(f"{relation} {words} {way}".encode()).digest()
    return sorted(range(len(WAYS)), key=rank)[:HIDDEN]


def questions():
    """All questions with their answers: (training, held out). To answer a held-out one, the model must join a fact and
    a way of asking that it has never seen together."""
    training, held_out = [], []
    for relation, words, answer in facts():
        hidden = hidden_ways(relation, words)
        for i, way in enumerate(WAYS):
            (held_out if i in hidden else training).append((way.format(relation, words), answer))
    return training, held_out


def lesson():
    return [(way.format("capital", country), city) for way in WAYS for country, city in pairs(LESSON)]


def dialogue(question, answer):
    return f"{USER}{question}{DONE}{ASSISTANT}{answer}{DONE}"


def length(text):
    """In tokens: a byte each, and one for each marker."""
    return len(re.sub(r"<\|[a-z]+\|>", "x", text).encode())
