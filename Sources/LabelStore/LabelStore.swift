// LabelStore starts here.
