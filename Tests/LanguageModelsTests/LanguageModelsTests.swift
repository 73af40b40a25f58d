// Tests of LanguageModels start here.
