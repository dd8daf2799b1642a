import { existsSync } from 'node:fs'
import { type Browser, launch, type Page } from 'puppeteer-core'

/** Why a test is skipped where no browser is installed. */
export const CHROMIUM_MISSING = 'no Chromium is installed: apt-get install chromium, or name one in CHROMIUM'

/** A page of another machine, as the browser sees it: every host name of this domain is the loopback address. */
export const foreignHost = 'elsewhere.example'

/** The path of a Chromium or Chrome, or undefined where none is found. */
export function chromiumPath(): string | undefined {
  const places = [
    process.env.CHROMIUM ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  ]
  return places.find((path) => existsSync(path))
}

/** Starts a headless browser with a profile of its own, which goes with it. Dispose ends it. */
export function startChromium(executablePath: string): Promise<Browser> {
  const args = [`--host-resolver-rules=MAP ${foreignHost} 127.0.0.1`, '--disable-dev-shm-usage', '--disable-gpu']
  // Chromium has no sandbox for root.
  if (process.getuid?.() === 0) args.push('--no-sandbox')
  return launch({ executablePath, args, pipe: true, timeout: 30_000 })
}

/** Opens a page. What goes wrong in it is shown, and where it stands when the test has failed. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage()
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => console.error('in the page:', error))
  await page.goto(url)
  return page
}
