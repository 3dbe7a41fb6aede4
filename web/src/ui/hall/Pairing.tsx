import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { clock, longDay, spokenClock, useTexts } from "../../i18n";
import { Problem } from "../../signaling/rest";
import { Digits } from "../Digits";
import { Mark } from "../Header";
import { StateIcon } from "../StateIcon";
import { problemText } from "./Foyer";
import "./hall.css";

const digits = 6;
const columns = 3;
const keypad = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0", "ok"] as const;

/** Where an arrow leads from a key of the keypad. */
const arrows: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };

interface PairingProps {
	/** Throws a Problem. */
	pair: (code: string) => Promise<void>;
	/** This machine's clock in ms. */
	now: number;
}

/** Where a device is paired with its hall, once: by a keyboard, or by the arrows and the OK of a remote control. */
export function Pairing({ pair, now }: PairingProps) {
	const { t, language } = useTexts();
	const [code, setCode] = useState("");
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<Problem>();
	const keys = useRef<HTMLDivElement>(null);
	const send = useCallback(
		async (typed: string) => {
			setBusy(true);
			try {
				await pair(typed);
			} catch (error) {
				setProblem(error instanceof Problem ? error : new Problem("internal", 0, "", "", ""));
				setCode("");
			}
			setBusy(false);
		},
		[pair],
	);
	const press = useCallback(
		(key: string) => {
			if (busy) return;
			if (key === "back") return setCode(code.slice(0, -1));
			if (key === "ok") return void (code.length === digits && send(code));
			const typed = (code + key).slice(0, digits);
			setProblem(undefined);
			setCode(typed);
			if (typed.length === digits) void send(typed);
		},
		[busy, code, send],
	);
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const buttons = [...(keys.current?.querySelectorAll("button") ?? [])];
			const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
			if (/^\d$/.test(event.key)) press(event.key);
			else if (["Backspace", "Escape", "BrowserBack", "GoBack"].includes(event.key)) press("back");
			else if (event.key in arrows) {
				const to = at < 0 ? 0 : at + (arrows[event.key] ?? 0);
				buttons[to]?.focus();
			} else return;
			event.preventDefault();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, [press]);
	return (
		<div className="foyer" data-testid="pairing">
			<header>
				<Mark />
				<div>
					<h1>{t("app.name")}</h1>
					<p>{longDay(now, language)}</p>
				</div>
				<Digits text={clock(now, language)} label={spokenClock(now, language)} />
			</header>
			<main className="pairing">
				<section>
					<h2>{t("pair.title")}</h2>
					<p>{t("pair.how")}</p>
					<output className="pairing-code" aria-label={t("pair.code", { digits: code || "–" })} data-testid="pairing-code">
						{Array.from({ length: digits }, (_, i) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
							<b key={i} data-next={i === code.length || undefined}>
								{code[i] ?? ""}
							</b>
						))}
					</output>
					<p className="foyer-note" role="status" data-testid="pairing-problem">
						{problem && <StateIcon state="bad" />}
						{problem && problemText(problem, t, language)}
						{busy && t("pair.busy")}
					</p>
				</section>
				{/* biome-ignore lint/a11y/useSemanticElements: keys, not fields of a form */}
				<div className="pairing-keys" role="group" aria-label={t("pair.keys")} ref={keys}>
					{keypad.map((key) => (
						<button key={key} type="button" onClick={() => press(key)} data-word={key === "back" || undefined} data-testid={`key-${key}`}>
							{key === "back" ? t("pair.back") : key === "ok" ? "OK" : key}
						</button>
					))}
				</div>
			</main>
		</div>
	);
}
