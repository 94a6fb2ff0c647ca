"""mingma (明码): a health-code system in which only evidence and rules give a colour."""

__version__ = "0.1.0"
