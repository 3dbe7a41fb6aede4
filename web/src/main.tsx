import "@fontsource/be-vietnam-pro/vietnamese-400.css";
import "@fontsource/be-vietnam-pro/vietnamese-500.css";
import "@fontsource/be-vietnam-pro/vietnamese-600.css";
import "@fontsource/be-vietnam-pro/latin-400.css";
import "@fontsource/be-vietnam-pro/latin-500.css";
import "@fontsource/be-vietnam-pro/latin-600.css";
import "@mantine/core/styles.css";
import "./tokens.css";
import "./ui/ui.css";
import { createRoot } from "react-dom/client";
import { startTexts } from "./i18n";
import { App } from "./pages/App";

await startTexts();
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
