"""Ports for servers that start a moment later.

The mistake this would catch: a stack's ports were asked of the kernel by `bind(0)` and let go, and its servers start
seconds later; meanwhile the kernel could give the same ones to any other test, or to a connection's near end.
"""

import socket
from pathlib import Path

import pytest

from local.processes import free_ports

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_they_are_distinct_and_can_be_listened_on() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    for port in ports:
        with socket.create_server(("127.0.0.1", port)):
            pass


@pytest.mark.skipif(not RANGE.exists(), reason="only Linux says which ports it gives away by itself")
def test_the_kernel_gives_none_of_them_away() -> None:
    lowest = int(RANGE.read_text().split()[0])
    assert all(port < lowest for port in free_ports(100))
