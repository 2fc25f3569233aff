"""Making the clean copy: what to change (plan), the change (gate), the file (render), the check (verify)."""
