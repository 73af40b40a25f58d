// Tests of Torch start here.
