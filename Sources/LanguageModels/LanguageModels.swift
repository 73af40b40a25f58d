// LanguageModels starts here.
