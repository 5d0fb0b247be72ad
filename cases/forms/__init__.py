"""What people type, read and checked. A form has no rule of its own: the verbs have them."""
