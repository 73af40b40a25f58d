// Tests of PreferenceData start here.
