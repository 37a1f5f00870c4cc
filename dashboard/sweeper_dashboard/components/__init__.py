"""The pieces that pages are laid out from."""
