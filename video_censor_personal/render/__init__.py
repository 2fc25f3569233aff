"""Making the clean copy: planned (streams), written (mux), checked (verify)."""
