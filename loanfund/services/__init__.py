"""What changes the book: one public function is one transaction."""
