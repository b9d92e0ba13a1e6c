"""The loan book of a provincial cooperative development fund."""
