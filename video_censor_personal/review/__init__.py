"""The page in the browser: what was found is looked through, decided on, and rendered."""
