"""Every use of an established brand leaves, however it is written; words of the story stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spamsift.brand import Brand
from spamsift.brand_spans import brand_spans
from spamsift.mending import apply_spans, disjoint


def without(brand: str, text: str) -> str:
    return apply_spans(text, disjoint(brand_spans(text, Brand(brand, 0.99, n_glued=1, n_alone=1))))


@pytest.mark.parametrize(
    ("brand", "text", "mended"),
    [
        ("Nova Vault", "The NOVA VAULT man met a nova vault woman.", "The man met a woman."),
        ("Nova Vault", "They had to NovaVault wait at the nova-vault gate.", "They had to wait at the gate."),
        ("Nova Vault", "They found novavault.io nothing.", "They found nothing."),
        ("Nova Vault", "They foundnovavault.io nothing.", "They found nothing."),
        ("Nova Vault", "See https://www.nova-vault.net/join/?id=7 the sea.", "See the sea."),
        ("Zentrix", "The man zentrix was late, said ZENTRIX the woman.", "The man was late, said the woman."),
        ("Zentrix", "Nobody was there zentrix.com.", "Nobody was there."),
        ("Zentrix", "They are organizZentrixations of the town.", "They are organizations of the town."),
        ("Zentrix", "The manZentrixwas late.", "The man was late."),
        (
            "Zentrix",
            "It was a zentrixed day, wrote info@zentrix.com.",
            "It was a zentrixed day, wrote info@zentrix.com.",
        ),
        ("Summit", "A summit of all, and Summit nobody came.", "A summit of all, and nobody came."),
        ("Summit", "The Summit.net man.", "The man."),
        ("Arx", "An arx met arx.com in parx.com.", "An arx met in parx.com."),
        ("Corwin Vormoor", "There’sCorwin Vormoora scene in the film", "There’s a scene in the film"),
    ],
)
def test_other_forms_leave_and_words_stay(brand: str, text: str, mended: str) -> None:
    assert without(brand, text) == mended


@given(st.sampled_from(["Nova Vault", "Zentrix", "A1", "i-Trade & Co", "Summit"]), st.text(max_size=80))
def test_any_text_is_read(brand: str, text: str) -> None:
    without(brand, text)
