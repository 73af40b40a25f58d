// LabelServer starts here.
