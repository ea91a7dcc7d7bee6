"""The screens of rights: the matrix, one role, two roles side by side, why somebody may do something."""
