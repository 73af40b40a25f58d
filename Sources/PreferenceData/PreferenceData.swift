// PreferenceData starts here.
