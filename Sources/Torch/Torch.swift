// Torch starts here.
