// Labelling starts here.
