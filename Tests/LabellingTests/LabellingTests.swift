// Tests of Labelling start here.
