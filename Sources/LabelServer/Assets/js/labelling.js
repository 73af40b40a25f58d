// The script of the labelling page. The page works without it; with it, ranking is quick, drafts are
// saved, and nothing is lost without a connection.
import { PromptNavigator } from "./navigator.js";

addEventListener("popstate", () => location.reload());
new PromptNavigator();
performance.mark("plumbline.ready");
