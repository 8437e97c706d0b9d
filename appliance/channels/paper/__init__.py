"""Receipts on paper, by printers that speak ESC/POS."""
