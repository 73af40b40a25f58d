// Tests of Alignment start here.
