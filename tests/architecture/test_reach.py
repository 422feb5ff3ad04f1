"""Reach follows what is referred to, and nothing else of the same module."""

from pathlib import Path

import pytest

from tests.architecture.reach import reached

FILES = {
    "shop/tasks/pack.py": "from shop.service import parcels\n\ndef run(step):\n    return parcels.pack(step)\n",
    "shop/tasks/send.py": "from shop.service.parcels import send\n\ndef run(step):\n    return send(step)\n",
    "shop/tasks/count.py": "import numpy\nfrom shop.service import parcels\n\ndef run(step):\n    return parcels.count(step)\n",
    "shop/service/parcels.py": "def pack(step):\n    import av\n    return av.open(step)\n\n"
    "def send(step):\n    return _stamp(step)\n\ndef _stamp(step):\n    from lodestar.adapters import ai\n"
    "    return ai.run_chain(step)\n\ndef count(step):\n    return 1\n",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small domain."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_an_import_inside_a_function_counts_for_who_comes_to_call_it(source: Path) -> None:
    assert "av" in reached("shop.tasks.pack", source)
    assert "av" not in reached("shop.tasks.send", source)


def test_a_call_is_followed_through_the_module_that_makes_it(source: Path) -> None:
    assert "lodestar.adapters.ai.run_chain" in reached("shop.tasks.send", source)
    assert "lodestar.adapters.ai.run_chain" not in reached("shop.tasks.pack", source)


def test_the_top_level_runs_whenever_the_module_is_loaded(source: Path) -> None:
    touched = reached("shop.tasks.count", source)
    assert "numpy" in touched
    assert not {"av", "lodestar.adapters.ai.run_chain"} & touched
