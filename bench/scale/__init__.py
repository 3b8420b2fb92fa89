"""How the daemon does with a million events that wait, a hundred dead sources among a thousand, ten million rows."""
