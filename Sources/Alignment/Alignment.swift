// Alignment starts here.
