// Tests of LabelServer start here.
