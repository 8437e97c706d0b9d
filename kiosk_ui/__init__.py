"""Citizens' pages, for kiosk, phone and internet portal."""
