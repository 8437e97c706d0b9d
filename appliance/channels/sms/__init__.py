"""Short messages to and from telephones."""
