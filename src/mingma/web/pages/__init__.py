"""One file a page: parse the request, call one flow, render."""
