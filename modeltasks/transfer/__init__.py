"""From a mirror to verified bytes in a private file: `client.Transfer.fetch` tells how."""
