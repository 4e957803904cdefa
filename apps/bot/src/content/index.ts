export {
  type Content,
  DIFFICULTIES,
  type Difficulty,
  type Level,
  type PracticeScenario,
  type Track,
} from "./content.ts";
export { ContentError, loadContent } from "./load-content.ts";
export { toMistakes } from "./mistakes.ts";
export {
  readYamlDocument,
  type YamlDocument,
  type YamlPath,
  type YamlPosition,
} from "./yaml-document.ts";
