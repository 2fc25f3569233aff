"""From sound to words with their times: recognition, a second pass, alignment."""
