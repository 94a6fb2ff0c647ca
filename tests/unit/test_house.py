"""The house: the ban on sockets is in force, and the package knows its version."""

import socket
from importlib import metadata

import pytest
import pytest_socket

import mingma


def test_a_unit_test_cannot_open_a_network_socket() -> None:
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def test_the_package_says_its_own_version() -> None:
    assert mingma.__version__ == metadata.version("mingma")
