"""Pure rules and types of citizen feedback: no SQL, no web, no clock of its own."""
