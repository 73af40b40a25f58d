// Pages that show answers to read.
import { enrich } from "./enrich.js";

enrich(document);
