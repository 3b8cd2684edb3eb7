// What the model learns from: common words of four languages.

export const WORDS = {
  English: `the and that have with this from they would there their what about which when make like time just know take people into
    year your good some could them other than then look only come over think also back after work first well even want because any
    these give day most through where much before right great should house world school still between never under last high
    every own while might story along night light thought enough though young together group often until children side feet car
    mile walk white sea began grow took river four carry state once book hear stop without second later miss idea eat face watch
    water bring shall woman weather healthy strength knowledge daughter brought shower something nothing everything yellow
    teacher friendship wonderful morning thirty things window Wednesday cloud breakfast sleeping wheel kitchen church`,
  German: `und die der das nicht sich mit dem von auf ist eine auch werden aus haben dass wird sind noch nach einer um am bei
    einem wie wenn nur zum schon mehr durch ihre jahr kann gegen vom sehr zwischen immer unter zeit weil seit wir ich heute
    muss viele diese zwei oder gut neue ganz alle leben stadt welt menschen frage land kinder frau mann haus wieder
    selbst nichts etwas vielleicht eigentlich schule arbeit freund freundschaft wasser straße glück buch brief woche stunde
    morgen abend nacht sonntag dienstag herbst sommer winter schnee wolke blume baum apfel kirsche brot milch zucker
    frühstück schlafen sprechen schreiben lesen verstehen vergessen bekommen gehen laufen springen denken wissen gesundheit
    wirtschaft gesellschaft entwicklung zeitung zukunft vergangenheit wissenschaft deutsch gelb grün schwarz weiß zwanzig`,
  Spanish: `que los del las por con una para como pero sus este cuando muy sin sobre también hasta hay donde quien desde todo
    nos durante todos uno les contra otros ese eso ante ellos esto antes algunos unos otro otras otra tanto esa
    estos mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros casa tiempo vida mundo país mujer hombre
    gobierno ciudad trabajo nombre agua noche mañana tarde semana lunes martes sábado verano invierno nieve lluvia flor árbol manzana
    cereza leche azúcar pan desayuno dormir hablar escribir leer entender olvidar recibir correr saltar pensar saber salud
    economía sociedad desarrollo periódico futuro pasado ciencia español amarillo verde negro blanco veinte escuela amigo amistad
    calle felicidad libro carta hora corazón cabeza mano ojo pelo perro gato caballo pájaro pescado cocina ventana puerta iglesia`,
  Finnish: `ja on ei ole se hän mutta kun niin myös kuin olla joka sen oli hän mitä voi nyt vain minun sinun hänen meidän
    teidän heidän tämä nämä tuo nuo kaikki mitään jotain joku kukaan aina usein joskus taas vielä vuosi päivä viikko
    tunti aamu ilta yö talvi kesä syksy kevät lumi sade pilvi kukka puu omena kirsikka maito sokeri leipä aamiainen nukkua
    puhua kirjoittaa lukea ymmärtää unohtaa saada mennä juosta hypätä ajatella tietää terveys talous yhteiskunta kehitys
    sanomalehti tulevaisuus menneisyys tiede suomi keltainen vihreä musta valkoinen kaksikymmentä koulu ystävä ystävyys katu onni
    kirja kirje sydän pää käsi silmä hiukset koira kissa hevonen lintu kala keittiö ikkuna ovi kirkko vesi maailma elämä ihminen
    nainen mies lapsi tyttö poika kaupunki maa kysymys vastaus työ aika nimi maanantai tiistai lauantai sunnuntai kaunis hyvä`,
};
