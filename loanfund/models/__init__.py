"""The tables as plain rows; used only by store, services and queries."""
