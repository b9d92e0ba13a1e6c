"""Every text people read, by key and language, and how figures and dates are written."""
