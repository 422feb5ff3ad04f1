"""Charts as mail programs show them: PNG, because neither Gmail nor Outlook shows SVG."""

from functools import cache
from pathlib import Path

WIDTH = 1200
"""Twice as wide as a mail shows it, for dense screens."""
FAMILY = "Source Sans Pro"


def png(svg: bytes) -> bytes:
    """The picture, with letters of the font that the layer carries: a function's machine has none of its own."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.decode(),
            width=WIDTH,
            background="white",
            font_files=_fonts(),
            font_family=FAMILY,
            sans_serif_family=FAMILY,
            skip_system_fonts=True,
        )
    )


@cache
def _fonts() -> list[str]:
    import font_source_sans_pro

    folder = Path(font_source_sans_pro.__file__).parent / "files"
    return [str(folder / f"SourceSansPro-{weight}.ttf") for weight in ("Regular", "Bold")]
