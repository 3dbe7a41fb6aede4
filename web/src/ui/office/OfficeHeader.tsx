import { Menu } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";
import { switchLanguage, useTexts } from "../../i18n";
import { Problem } from "../../office/rest";
import { signOut } from "../../office/session";
import { choices, useChoices } from "../choices";
import { Mark } from "../Header";
import { toast } from "../toasts";
import { type Entry, visible } from "./pages";
import { useSession } from "./session";

/** The band over the office pages: the pages that the account may see, and what belongs to the account. */
export function OfficeHeader({ onKeys }: { onKeys: () => void }) {
	const { t } = useTexts();
	const { actions } = useSession();
	return (
		<header className="band office-band">
			<Link href="/" className="band-brand" aria-label={t("office.home")}>
				<Mark />
				<strong>{t("app.name")}</strong>
			</Link>
			<nav aria-label={t("office.navigation")}>
				{visible(actions).map((entry) => (
					<NavLink key={entry.path} entry={entry} />
				))}
			</nav>
			<AccountMenu onKeys={onKeys} />
		</header>
	);
}

function NavLink({ entry }: { entry: Entry }) {
	const { t } = useTexts();
	const [location] = useLocation();
	const here = location === entry.path || location.startsWith(`${entry.path}/`);
	return (
		<Link href={entry.path} aria-current={here ? "page" : undefined} data-testid={`nav${entry.path.replace("/", "-")}`}>
			{t(entry.text)}
		</Link>
	);
}

function AccountMenu({ onKeys }: { onKeys: () => void }) {
	const { t, language } = useTexts();
	const { account } = useSession();
	const { dark } = useChoices();
	const [, navigate] = useLocation();
	const leave = () =>
		signOut().catch((problem) =>
			toast({ state: "bad", text: "office.signOutFailed", problem: problem instanceof Problem ? problem : undefined }),
		);
	return (
		<Menu position="bottom-end" width="15rem" withinPortal returnFocus>
			<Menu.Target>
				<button type="button" className="band-account" aria-label={t("office.account", { name: account.name })} data-testid="account-menu">
					<span className="band-who">
						<bdi>{account.name}</bdi>
						{account.title && (
							<>
								<br />
								<bdi>{account.title}</bdi>
							</>
						)}
					</span>
					<IconChevronDown size={18} aria-hidden="true" />
				</button>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Item onClick={() => navigate("/account")} data-testid="my-account">
					{t("office.myAccount")}
				</Menu.Item>
				<Menu.Divider />
				<Menu.Item onClick={() => choices.setState({ dark: !dark })} data-testid="scheme">
					{t(dark ? "scheme.light" : "scheme.dark")}
				</Menu.Item>
				<Menu.Item lang={language === "vi" ? "en" : "vi"} onClick={() => void switchLanguage()} data-testid="language">
					{t("language.other")}
				</Menu.Item>
				<Menu.Item onClick={onKeys} rightSection={<kbd>?</kbd>}>
					{t("office.keys")}
				</Menu.Item>
				<Menu.Divider />
				<Menu.Item onClick={() => void leave()} data-testid="sign-out">
					{t("office.signOut")}
				</Menu.Item>
			</Menu.Dropdown>
		</Menu>
	);
}
