import { Checkbox } from "@mantine/core";
import { useStore } from "zustand";
import { useTexts } from "../../i18n";
import { choices, useChoices } from "../choices";
import { Dialog } from "./Dialog";
import { pageKeys } from "./pageKeys";
import type { Entry } from "./pages";

/** The keys of the office pages, and how to turn them off. */
export default function OfficeKeys({ pages, onClose }: { pages: Entry[]; onClose: () => void }) {
	const { t } = useTexts();
	const { keys } = useChoices();
	const own = useStore(pageKeys, (s) => s.keys);
	return (
		<Dialog title={t("officeKeys.title")} onClose={onClose}>
			<dl className="keys keys-office" data-testid="help">
				{own.map(([key, text]) => (
					<div key={key}>
						<dt>
							{key.split(" ").map((one) => (
								<kbd key={one}>{one}</kbd>
							))}
						</dt>
						<dd>{t(text)}</dd>
					</div>
				))}
				{pages.map(({ path, text, letter }) => (
					<div key={path}>
						<dt>
							<kbd>G</kbd> <kbd>{letter.toUpperCase()}</kbd>
						</dt>
						<dd>{t("officeKeys.goPage", { page: t(text) })}</dd>
					</div>
				))}
				<div>
					<dt>
						<kbd>/</kbd>
					</dt>
					<dd>{t("officeKeys.search")}</dd>
				</div>
				<div>
					<dt>
						<kbd>Esc</kbd>
					</dt>
					<dd>{t("officeKeys.escape")}</dd>
				</div>
				<div>
					<dt>
						<kbd>?</kbd>
					</dt>
					<dd>{t("officeKeys.help")}</dd>
				</div>
			</dl>
			<p className="caption">{t("officeKeys.typing")}</p>
			<Checkbox
				label={t("officeKeys.on")}
				checked={keys}
				onChange={(event) => choices.setState({ keys: event.currentTarget.checked })}
				data-testid="keys-on"
			/>
		</Dialog>
	);
}
