"""What a run says to people: pages, pictures, tables, words. Reads only the run directory."""
