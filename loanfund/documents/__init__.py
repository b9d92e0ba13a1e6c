"""Papers and sheets (PDF, XLSX) made from values; nothing here knows a database."""
