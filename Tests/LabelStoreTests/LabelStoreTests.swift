// Tests of LabelStore start here.
